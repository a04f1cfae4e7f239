//go:build !plan9

package memory

import "syscall"

const errRefused = syscall.ECONNREFUSED
