//go:build !unix

package tarball

// nonBlocking is nothing where the file system has no named pipes.
const nonBlocking = 0
