//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most memory that a process held, in bytes, or the one that held the most
// of it and those that it waited for. On Linux it begins at what the process held that started
// it, which therefore has to stay small.
func peakMemory(state *os.ProcessState) int64 {
	usage, known := state.SysUsage().(*syscall.Rusage)
	if !known {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}

// settle has everything written to the disk, so that nobody's time has it in.
func settle() { syscall.Sync() }
