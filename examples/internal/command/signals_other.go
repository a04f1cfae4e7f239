//go:build !unix

package command

import "os"

var moreEnds []os.Signal

// heedBrokenPipes does nothing: a write to a closed pipe is an error on this system anyway.
func heedBrokenPipes() {}
