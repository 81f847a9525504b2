"""The workbook: what it holds, how it is read, and what can be wrong with its rows."""
