"""What leaves the office on paper: document numbers, and workbooks going out."""
