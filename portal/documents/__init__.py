"""What leaves the office on paper: document numbers, and workbooks in and out."""
