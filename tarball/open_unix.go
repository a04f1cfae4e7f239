//go:build unix

package tarball

import "syscall"

// nonBlocking opens a named pipe without waiting for a writer, and a file without waiting for another
// process to release its lease.
const nonBlocking = syscall.O_NONBLOCK

var (
	tooManyOpen = []error{syscall.EMFILE, syscall.ENFILE}
	noRoom      = []error{syscall.ENOSPC, syscall.EDQUOT}
	leased      = []error{syscall.EWOULDBLOCK}
)
