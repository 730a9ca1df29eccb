package main

import (
	"errors"
	"fmt"
)

// The exit codes, which scripts may rely on.
const (
	exitOK       = 0
	exitFindings = 1 // the input has errors, or is refused
	exitUsage    = 2 // the command line is wrong
	exitTrouble  = 3 // reading or writing went wrong
)

// What ends a command whose findings were printed already.
var (
	errFindings   = errors.New("there are findings")
	errUnreadable = errors.New("there are files that cannot be read")
)

// usageError is a mistake in the command line that only the command itself can see.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return usageError{message: fmt.Sprintf(format, args...)}
}

// exitCode sorts what a command returned. Before a command runs, everything that can go wrong is the command line.
func exitCode(err error, started bool) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage), !started:
		return exitUsage
	default:
		return exitTrouble
	}
}
