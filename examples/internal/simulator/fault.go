package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// The operations that faults are for.
var (
	apiOperations    = []string{"CreateDeploy", "GetDeploy", "FinalizeDeploy", "ListDeploys", "UpdateDeploy", "DeployRollback"}
	uploadOperations = []string{"PutBlob", "PutBlock", "PutBlockList"}
)

// always is the number of times of a fault that does not end.
const always = -1

var allowedFaults = "OPERATION is " + strings.Join(slices.Concat(apiOperations, uploadOperations), ", ") + "; " +
	"FAULT is a status from 400 to 599, a status with a Retry-After in seconds (429:20), hang, cut, cut-after-commit, slow:5s, " +
	"FAILED (FinalizeDeploy only) or expired (uploads only); TIMES is a number or always"

// fault is what happens to the next requests of an operation.
type fault struct {
	operation string
	kind      string
	made      astrotest.Fault
	left      int // times, or always
}

// String returns the fault as parseFault accepts it.
func (f fault) String() string {
	switch f.left {
	case 1:
		return f.operation + "=" + f.kind
	case always:
		return f.operation + "=" + f.kind + "*always"
	}
	return fmt.Sprintf("%s=%s*%d", f.operation, f.kind, f.left)
}

// parseFault parses OPERATION=FAULT or OPERATION=FAULT*TIMES.
func parseFault(spec string) (*fault, error) {
	operation, kind, _ := strings.Cut(spec, "=")
	kind, times, limited := strings.Cut(kind, "*")
	made, ok := makeFault(operation, kind)
	left := 1
	switch {
	case times == "always":
		left = always
	case limited:
		n, err := strconv.Atoi(times)
		ok, left = ok && err == nil && n > 0, n
	}
	if !ok {
		return nil, fmt.Errorf("%q is not OPERATION=FAULT or OPERATION=FAULT*TIMES", spec)
	}
	return &fault{operation, kind, made, left}, nil
}

func makeFault(operation, kind string) (made astrotest.Fault, ok bool) {
	isUpload := slices.Contains(uploadOperations, operation)
	if !isUpload && !slices.Contains(apiOperations, operation) {
		return made, false
	}
	switch name, value, hasValue := strings.Cut(kind, ":"); {
	case kind == "hang":
		return astrotest.Hang(), true
	case kind == "cut":
		return astrotest.CutConnection(), true
	case kind == "cut-after-commit":
		return astrotest.CutConnection().AfterCommit(), true
	case kind == "FAILED":
		return astrotest.FailedDeploy(), operation == "FinalizeDeploy"
	case kind == "expired":
		return astrotest.ExpiredUploadURL(), isUpload
	case name == "slow":
		d, err := time.ParseDuration(value)
		return astrotest.Slow(d), err == nil && d > 0
	default:
		status, err := strconv.Atoi(name)
		made = statusFault(status, isUpload)
		if hasValue {
			_, notNumber := strconv.ParseUint(value, 10, 31)
			made, ok = made.WithHeader("Retry-After", value), notNumber == nil
		}
		return made, err == nil && status >= 400 && status < 600 && (ok || !hasValue)
	}
}

// statusFault is a response with the status in the format that the service, its gateway or the storage
// uses.
func statusFault(status int, isUpload bool) astrotest.Fault {
	const message = "The simulator was told to respond with this."
	switch {
	case isUpload && status == http.StatusInternalServerError:
		return astrotest.StorageError(status, "InternalError", message)
	case isUpload && status == http.StatusServiceUnavailable:
		return astrotest.StorageError(status, "ServerBusy", message)
	case isUpload:
		return astrotest.StorageError(status, "SimulatedError", message)
	case status == http.StatusTooManyRequests:
		return astrotest.RateLimited()
	case status == http.StatusBadGateway:
		return astrotest.BadGateway()
	}
	return astrotest.Error(status, message)
}
