//go:build !unix && !windows

package tarball

// nonBlocking is 0 because the file system has no named pipes.
const nonBlocking = 0

// The errors of these systems are unknown.
var tooManyOpen, noRoom, leased []error
