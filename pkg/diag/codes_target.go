package diag

// targetCodes are the findings of writing the objects of a platform.
func targetCodes() []Code {
	return nil
}
