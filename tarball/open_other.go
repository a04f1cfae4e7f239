//go:build !unix && !windows

package tarball

// nonBlocking is nothing where the file system has no named pipes.
const nonBlocking = 0

// What these systems say of it is not known here.
var tooManyOpen, noRoom, leased []error
