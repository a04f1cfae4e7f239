//go:build unix

package tarball

import "syscall"

// nonBlocking opens a named pipe without waiting for who writes to it, and a file without
// waiting for who has a lease on it.
const nonBlocking = syscall.O_NONBLOCK

var (
	tooManyOpen = []error{syscall.EMFILE, syscall.ENFILE}
	noRoom      = []error{syscall.ENOSPC, syscall.EDQUOT}
)
