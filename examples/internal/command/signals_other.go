//go:build !unix

package command

// heedBrokenPipes does nothing: a write to a closed pipe is an error on this system anyway.
func heedBrokenPipes() {}
