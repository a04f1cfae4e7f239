//go:build !unix

package simulator

import "os"

// signalOf returns 0, since signals have no numbers here.
func signalOf(*os.ProcessState) int { return 0 }
