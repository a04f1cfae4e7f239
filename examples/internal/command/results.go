package command

import (
	"fmt"
	"io"
)

// Results is a standard output that may be closed or full: it keeps the first error.
type Results struct {
	To  io.Writer
	err error
}

func (r *Results) Write(text []byte) (int, error) {
	written, err := r.To.Write(text)
	if r.err == nil {
		r.err = err
	}
	return written, err
}

// Code returns the exit code of a program that would end with code. If a result could not be written, it says so
// on standard error, with a sentence that has the result.
func (r *Results) Code(code int, name, sentence string, stderr io.Writer) int {
	if r.err == nil {
		return code
	}
	_, _ = fmt.Fprintf(stderr, "%s: the result could not be written to standard output: %v\n", name, r.err)
	if code != OK {
		return code
	}
	_, _ = fmt.Fprintln(stderr, sentence)
	return Unwritten
}
