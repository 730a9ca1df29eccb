//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package folder

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other runs out until the file is closed; the kernel lets go of it when a run is killed. File systems
// that know no locks are used without.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor always fits an int
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another run is writing to it")
	}
	return nil
}

// unlock is said aloud, since a process that is just being started may hold a copy of the descriptor.
func unlock(f *os.File) error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) //nolint:gosec // a descriptor always fits an int
	return f.Close()
}
