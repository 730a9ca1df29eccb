package diag

import (
	"cmp"
	"slices"
)

// Code is a stable name for one kind of finding, and what there is to know about it.
type Code struct {
	ID    string // such as SP107; never reused for something else
	Title string // what is wrong, in a few words
	Why   string // what it leads to
	Fix   string // what to do about it
}

// Codes lists every code this build can report, in order.
func Codes() []Code {
	all := slices.Concat(
		loadCodes(),
		validateCodes(),
		healthCodes(),
		fleetCodes(),
		planCodes(),
		targetCodes(),
		operateCodes(),
		compileCodes(),
		zoneCodes(),
		recordCodes(),
		maintenanceCodes(),
		analyzeCodes(),
		importCodes(),
		edgeCodes(),
	)
	slices.SortFunc(all, func(a, b Code) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Lookup finds a code by its ID.
func Lookup(id string) (Code, bool) {
	all := Codes()
	i := slices.IndexFunc(all, func(c Code) bool { return c.ID == id })
	if i < 0 {
		return Code{}, false
	}
	return all[i], true
}
