package memory

import "errors"

// errRefused has no number there.
var errRefused = errors.New("connection refused")
