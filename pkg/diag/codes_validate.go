package diag

// validateCodes are the findings of checking the fields of one object: SP1xx.
func validateCodes() []Code {
	return nil
}
