package diag

import "slices"

// loadCodes are the findings of reading files: SP0xx.
func loadCodes() []Code {
	return slices.Concat(fileCodes(), yamlCodes(), objectCodes())
}

func fileCodes() []Code {
	return []Code{
		{
			ID: "SP001", Title: "a file or folder cannot be read",
			Why: "What is not read cannot be checked; going on without it could leave objects out.",
			Fix: "Correct the path, or the permissions of the file and of the folders above it.",
		},
		{
			ID: "SP002", Title: "a file is larger than 10 MB",
			Why: "A list of specs is far smaller; a file of that size is the wrong one, and parsing it takes a lot of memory.",
			Fix: "Give the right file, or split it; thousands of specs fit into 10 MB.",
		},
		{
			ID: "SP003", Title: "a file is not UTF-8 text",
			Why: "YAML and JSON in Kubernetes are UTF-8. UTF-16 and binary files would be read as something else than they say.",
			Fix: "Save the file as UTF-8, or give the right file.",
		},
		{
			ID: "SP004", Title: "the YAML has a syntax error",
			Why: "The document cannot be read beyond that place. The other documents of the file are checked all the same.",
			Fix: "Correct the line, or the line above it: mostly an indentation, a tab, a missing quote or a missing colon.",
		},
		{
			ID: "SP005", Title: "a file holds no object",
			Why: "An empty file, or one with comments only, is mostly a mistake in a path or in the program that wrote the file.",
			Fix: "Fill the file or leave it out.",
		},
		{
			ID: "SP006", Title: "the input holds no object of spillway.dev",
			Why: "Nothing would be written, which looks like success and protects nothing.",
			Fix: "Give files with an ExternalFailover; for folders within folders add --recursive.",
		},
	}
}

func yamlCodes() []Code {
	return []Code{
		{
			ID: "SP007", Title: "the YAML uses an anchor, an alias or a merge key",
			Why: "The API server would not see what the file says but what it expands to, and a few lines can expand to gigabytes. They are never expanded here.",
			Fix: "Write the values out where they are used.",
		},
		{
			ID: "SP008", Title: "the YAML is nested too deeply",
			Why: "No object of spillway.dev is deeper than a dozen levels; deeper input is an accident or an attack.",
			Fix: "Remove the superfluous brackets or indentation.",
		},
		{
			ID: "SP009", Title: "a field is given twice",
			Why: "YAML allows only one, and programs differ in which one they take.",
			Fix: "Keep one of the two.",
		},
		{
			ID: "SP018", Title: "the YAML uses a tag",
			Why: "A tag such as !!binary or !name changes what a value means, and the API server does not know it.",
			Fix: "Remove the tag; quote the value if it is to be text.",
		},
	}
}

func objectCodes() []Code {
	return []Code{
		{
			ID: "SP010", Title: "a field is unknown",
			Why: "A misspelt field would be dropped in silence, and the setting with it.",
			Fix: "Use the suggested name, or remove the field.",
		},
		{
			ID: "SP011", Title: "a value has the wrong type",
			Why: "The value cannot be what the field needs: often a number that should be quoted, or a list where one value is expected.",
			Fix: "Write the value as the message says.",
		},
		{
			ID: "SP012", Title: "a field has no value",
			Why: "A name with nothing behind it is mostly an unfinished edit, and the API server refuses it.",
			Fix: "Give a value, or remove the field so that its default holds.",
		},
		{
			ID: "SP013", Title: "a duration is not written as one",
			Why: "A bare number does not say whether it means seconds or milliseconds.",
			Fix: "Write a number with its unit, such as 500ms, 8s or 1m30s.",
		},
		{
			ID: "SP014", Title: "apiVersion or kind is missing",
			Why: "Without both it is not certain what the document is, and it would be passed over.",
			Fix: "Begin the document with apiVersion: spillway.dev/v1alpha1 and its kind.",
		},
		{
			ID: "SP015", Title: "the kind is unknown",
			Why: "This release does not know the kind, so the object would have no effect.",
			Fix: "Correct the kind, or use a release that knows it.",
		},
		{
			ID: "SP016", Title: "the apiVersion is unknown",
			Why: "Another version may give the same fields another meaning.",
			Fix: "Write apiVersion: spillway.dev/v1alpha1, or use a release that knows the version.",
		},
		{
			ID: "SP017", Title: "objects of other kinds were passed over",
			Why: "Only the kinds of spillway.dev are read here; nothing is wrong.",
			Fix: "Nothing to do.",
		},
		{
			ID: "SP019", Title: "a field is missing whose absence could mean two things",
			Why: "An empty value of this field has a meaning of its own, so leaving it out is not the same as saying so.",
			Fix: "Add the field; write \"\" where the empty value is meant.",
		},
		{
			ID: "SP021", Title: "a template was passed over",
			Why: "A file with {{ }} becomes YAML only when its template program runs, so nothing in it was checked.",
			Fix: "Give what the program prints, such as `helm template CHART | spillway analyze -`.",
		},
		{
			ID: "SP020", Title: "further errors are not listed",
			Why: "So many errors are mostly one mistake told again and again; listing them all would hide it.",
			Fix: "Correct those listed, and run the command again.",
		},
	}
}
