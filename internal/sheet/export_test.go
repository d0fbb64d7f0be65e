package sheet

// EndAfter is MostBytes for one file.
func (r *Reader) EndAfter(bytes int64) { r.counted.most = bytes }
