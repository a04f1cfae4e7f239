package tarball

import "syscall"

// nonBlocking is 0 because the file system has no named pipes.
const nonBlocking = 0

// From winerror.h: ERROR_TOO_MANY_OPEN_FILES; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and
// ERROR_DISK_QUOTA_EXCEEDED.
var (
	tooManyOpen = []error{syscall.Errno(4)}
	leased      = []error{}
	noRoom      = []error{syscall.Errno(39), syscall.Errno(112), syscall.Errno(1295)}
)
