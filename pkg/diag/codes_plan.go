package diag

// planCodes are the findings of planning a spec and its place in the mesh.
func planCodes() []Code {
	return nil
}
