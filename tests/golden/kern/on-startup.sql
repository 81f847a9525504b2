use 710001@eol, 710002@eol
