"""`make likeness`: nothing that works changes unseen. The demonstration city is played on a fixed day, and every row, every
page of fourteen persons and every message is compared with what was kept, item by item, each by its name.

    tables      how rows are called, what is left out and why, what has moved: the one file that a rebuilding edits
    schema      what tables and references the database has, read from itself
    canon       the played database without chance: ids that follow from names, rows in the order of names
    rows        each row as an item of named columns
    page_text   a page as a browser would show it, in lines
    pages       every page of each person
    keeping     the file of digests, and the differences from it in words
"""
