package simulator

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// faultsPath is where faults are added while the simulator runs.
const faultsPath = "/simulator/faults"

// faults are those that were not used yet.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// take is for [astrotest.Server.InjectFunc].
func (f *faults) take(operation string) (astrotest.Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, next := range f.list {
		if next.operation != operation {
			continue
		}
		if next.left != always {
			next.left--
		}
		if next.left == 0 {
			f.list = append(f.list[:i:i], f.list[i+1:]...)
		}
		return next.made, true
	}
	return astrotest.Fault{}, false
}

// change changes the list, and returns it with one fault a line.
func (f *faults) change(how func(list []*fault) []*fault) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = how(f.list)
	var lines strings.Builder
	for _, one := range f.list {
		_, _ = fmt.Fprintln(&lines, one)
	}
	return lines.String()
}

// respond handles a request to faultsPath.
func (f *faults) respond(r *http.Request) (status int, text string) {
	switch r.Method {
	case http.MethodGet:
		return http.StatusOK, f.change(func(list []*fault) []*fault { return list })
	case http.MethodDelete:
		return http.StatusOK, f.change(func([]*fault) []*fault { return nil })
	case http.MethodPost:
		added, err := parseFaults(r.Body)
		if err != nil {
			return http.StatusBadRequest, err.Error() + "\n"
		}
		return http.StatusOK, f.change(func(list []*fault) []*fault { return append(list, added...) })
	}
	return http.StatusMethodNotAllowed, "Use GET, POST or DELETE.\n"
}

// parseFaults parses the faults in a body, which white space separates.
func parseFaults(body io.Reader) (added []*fault, err error) {
	text, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil {
		return nil, err
	}
	for _, spec := range strings.Fields(string(text)) {
		parsed, err := parseFault(spec)
		if err != nil {
			return nil, err
		}
		added = append(added, parsed)
	}
	if len(added) == 0 {
		return nil, fmt.Errorf("no fault; send OPERATION=FAULT or OPERATION=FAULT*TIMES, one a line: %s", allowedFaults)
	}
	return added, nil
}
