package astrotest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// AfterCommit returns the fault for a request that takes effect.
func (f Fault) AfterCommit() Fault {
	f.commits = true
	return f.with("AfterCommit()")
}

// On returns the fault for a request of one operation, by its operationId in openapi.yaml,
// such as FinalizeDeploy; for an upload the names are PutBlob, PutBlock and PutBlockList.
// Without it the fault is for any; one that only an upload meets, such as [ExpiredUploadURL], is
// for any upload. It panics if there is no such operation.
func (f Fault) On(operation string) Fault {
	if !slices.Contains(allOperations(), operation) {
		panic(fmt.Sprintf("astrotest: the contract has no operation %q; there are %s", operation, strings.Join(allOperations(), ", ")))
	}
	f.operations = []string{operation}
	return f
}

// Then returns the fault with act called once the request took effect, or would have had a response,
// and before any of the response is sent; so that a test can have somebody else come in between. The
// server may be used in it. It is called in a goroutine of the server, where a test must not be ended.
func (f Fault) Then(act func()) Fault {
	f.then = append(slices.Clip(f.then), act)
	return f.with("Then(…)")
}

// String says how the fault was made and what it is for, such as
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

// with adds a change to the name.
func (f Fault) with(change string) Fault { return f.named("%s.%s", cmp.Or(f.name, "Fault{}"), change) }

// isFor reports whether a request of the operation meets the fault.
func (f Fault) isFor(operation string) bool {
	return len(f.operations) == 0 || slices.Contains(f.operations, operation)
}
