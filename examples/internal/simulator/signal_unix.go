//go:build unix

package simulator

import (
	"os"
	"syscall"
)

// signalOf returns the number of the signal that ended the process.
func signalOf(state *os.ProcessState) int {
	status, _ := state.Sys().(syscall.WaitStatus)
	return int(status.Signal())
}
