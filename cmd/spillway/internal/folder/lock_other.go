//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package folder

import "os"

// lock does nothing where the standard library has no such lock.
func lock(*os.File) error { return nil }

func unlock(f *os.File) error { return f.Close() }
