package memory

import "errors"

// Plan 9 has no error number for a refused connection.
var errRefused = errors.New("connection refused")
