package simulator

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// faultsPath is where faults are added while the simulator runs.
const faultsPath = "/simulator/faults"

// faultsVariable is the environment variable that has the URL of the faults.
const faultsVariable = "SIMULATOR_FAULTS_URL"

// IsAt reports whether a URL of the API is that of a simulator that this process has the variables of.
func IsAt(url string) bool {
	base, found := strings.CutSuffix(os.Getenv(faultsVariable), faultsPath)
	return found && strings.HasPrefix(url, base+"/")
}

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
			return http.StatusBadRequest, fmt.Sprintf("%v: %s\n", err, allowedFaults)
		}
		return http.StatusOK, f.change(func(list []*fault) []*fault { return append(list, added...) })
	}
	return http.StatusMethodNotAllowed, "Use GET, POST or DELETE.\n"
}

const maxFaults = 64 << 10

// parseFaults parses the faults in a body, which white space separates.
func parseFaults(body io.Reader) (added []*fault, err error) {
	text, err := io.ReadAll(io.LimitReader(body, maxFaults+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxFaults:
		return nil, fmt.Errorf("more than %d bytes; send fewer faults at once", maxFaults)
	}
	for _, spec := range strings.Fields(string(text)) {
		parsed, err := parseFault(spec)
		if err != nil {
			return nil, err
		}
		added = append(added, parsed)
	}
	if len(added) == 0 {
		return nil, fmt.Errorf("no fault; send OPERATION=FAULT or OPERATION=FAULT*TIMES, one a line")
	}
	return added, nil
}
