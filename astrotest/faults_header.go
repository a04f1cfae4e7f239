package astrotest

import (
	"fmt"
	"net/http"
	"strings"
)

// WithHeader returns a copy of the fault that sets a header in its response. A header that is
// already present retains its spelling.
func (f Fault) WithHeader(name, value string) Fault {
	return f.with(fmt.Sprintf("WithHeader(%q, %q)", name, value)).editing(func(res *response) {
		spelling := http.CanonicalHeaderKey(name)
		for existing := range res.header {
			if strings.EqualFold(existing, name) {
				spelling = existing
			}
		}
		res.header[spelling] = []string{value}
	})
}

// WithoutHeader returns a copy of the fault that removes a header from its response, whatever its
// case. For example, Slow(0).WithoutHeader("x-ms-version-id") stores an upload but does not return
// its version.
func (f Fault) WithoutHeader(name string) Fault {
	return f.with(fmt.Sprintf("WithoutHeader(%q)", name)).editing(func(res *response) {
		for existing := range res.header {
			if strings.EqualFold(existing, name) {
				delete(res.header, existing)
			}
		}
	})
}

// editing returns a copy of the fault with one more change to its response.
func (f Fault) editing(change func(*response)) Fault {
	edit := f.edit
	f.edit = func(res *response) {
		if edit != nil {
			edit(res)
		}
		change(res)
	}
	return f
}
