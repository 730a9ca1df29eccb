package main

import (
	"io"
	"os"
	"time"
)

// IO is all that a command may read from and write to, besides the files it is given.
type IO struct {
	In     io.Reader
	Out    io.Writer // results only
	Err    io.Writer // everything else
	Getenv func(string) string
	Now    func() time.Time // for progress only: results never depend on it
}

func streams() IO {
	return IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv,
		Now: time.Now, //nolint:forbidigo // the one place that reads the clock
	}
}
