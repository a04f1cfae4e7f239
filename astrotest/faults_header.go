package astrotest

import (
	"fmt"
	"net/http"
	"strings"
)

// WithHeader returns the fault with a header set in its response. A header that is there keeps
// its spelling.
func (f Fault) WithHeader(name, value string) Fault {
	return f.with(fmt.Sprintf("WithHeader(%q, %q)", name, value)).editing(func(a *answer) {
		spelling := http.CanonicalHeaderKey(name)
		for existing := range a.header {
			if strings.EqualFold(existing, name) {
				spelling = existing
			}
		}
		a.header[spelling] = []string{value}
	})
}

// WithoutHeader returns the fault with a header missing from its response, however it is spelt:
// Slow(0).WithoutHeader("x-ms-version-id") is for an upload whose version nobody learns.
func (f Fault) WithoutHeader(name string) Fault {
	return f.with(fmt.Sprintf("WithoutHeader(%q)", name)).editing(func(a *answer) {
		for existing := range a.header {
			if strings.EqualFold(existing, name) {
				delete(a.header, existing)
			}
		}
	})
}

// editing returns the fault with one more change to its response.
func (f Fault) editing(change func(*answer)) Fault {
	edit := f.edit
	f.edit = func(a *answer) {
		if edit != nil {
			edit(a)
		}
		change(a)
	}
	return f
}
