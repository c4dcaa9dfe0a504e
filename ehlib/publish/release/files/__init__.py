"""Files of a set opened as an outsider would: layers, pictures, workbooks, and the list of all."""
