"""Workbooks coming in, one way for all: columns, the sheet that bears them, judgement row by row, a sealed preview, carrying
out whole or not at all, and the pages that lead through it. A feature brings its columns, its judgement and what it writes
(`Import`); see `instructions` for one of rows that stand by themselves, `network` for one of rows that hang together."""
