//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the peak memory of a process or of the largest of its children, in bytes. On Linux
// it starts at that of the parent process, which therefore must stay small.
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

// flushDisk writes pending data to the disk, so that this does not slow down a measurement.
func flushDisk() { syscall.Sync() }
