//go:build unix

package tarball

import "syscall"

// nonBlocking opens a named pipe without waiting for who writes to it. For files it means
// nothing.
const nonBlocking = syscall.O_NONBLOCK
