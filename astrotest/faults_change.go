package astrotest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// AfterCommit returns a copy of the fault that lets the request take effect.
func (f Fault) AfterCommit() Fault {
	f.commits = true
	return f.with("AfterCommit()")
}

// On returns a copy of the fault that applies to one operation only: an operationId of
// openapi.yaml, such as FinalizeDeploy, or for an upload PutBlob, PutBlock or PutBlockList. Without
// On a fault applies to any operation, a fault of uploads, such as [ExpiredUploadURL], to any upload,
// [Hibernating] to CreateDeploy and [FailedDeploy] to FinalizeDeploy. On panics if there is no such operation.
func (f Fault) On(operation string) Fault {
	if !slices.Contains(allOperations(), operation) {
		panic(fmt.Sprintf("astrotest: the contract has no operation %q; use one of %s", operation, strings.Join(allOperations(), ", ")))
	}
	f.operations = []string{operation}
	return f
}

// Then returns a copy of the fault that calls act after the request took effect, if it does, and
// before any of the response is sent. A test can use it to let another client act in between. act
// may use the server. It runs in a goroutine of the server, so it must not call t.FailNow.
func (f Fault) Then(act func()) Fault {
	f.then = append(slices.Clip(f.then), act)
	return f.with("Then(…)")
}

// String describes the fault and the operations that it applies to, such as
//
//	CutConnection().AfterCommit() for FinalizeDeploy
func (f Fault) String() string {
	target := cmp.Or(strings.Join(f.operations, " or "), "any operation")
	return cmp.Or(f.name, "Fault{}") + " for " + target
}

func (f Fault) named(format string, args ...any) Fault {
	f.name = fmt.Sprintf(format, args...)
	return f
}

// with appends a change to the name.
func (f Fault) with(change string) Fault { return f.named("%s.%s", cmp.Or(f.name, "Fault{}"), change) }

// isFor reports whether the fault applies to the operation.
func (f Fault) isFor(operation string) bool {
	return len(f.operations) == 0 || slices.Contains(f.operations, operation)
}
