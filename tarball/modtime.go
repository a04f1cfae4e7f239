package tarball

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// epochVariable is set by reproducible builds, in seconds since 1970:
// https://reproducible-builds.org/specs/source-date-epoch/
const epochVariable = "SOURCE_DATE_EPOCH"

// maxEpoch is the first second that does not fit into a tar header, which has eleven octal digits.
const maxEpoch = 1 << 33

// ModTime sets the time of all entries, such as the time of the commit, in whole seconds. The default is
// the environment variable SOURCE_DATE_EPOCH (whole seconds since 1970), which is read when packing, or
// the time of packing if the variable is unset or empty.
//
// Each deploy should have a different time, because programs rely on it. Python runs the byte-code in
// __pycache__ if the source has the recorded time and size. Unless the time of a file is later, Airflow 2
// shows the old code and dbt uses the old parse result.
func ModTime(modTime time.Time) Option {
	return func(cfg *config) error {
		if seconds := modTime.Unix(); seconds < 0 || seconds >= maxEpoch {
			return &Error{Field: "ModTime", Rule: fmt.Sprintf("must be from 1970 to 2242 (got %v)", modTime)}
		}
		cfg.modTime = modTime.Truncate(time.Second)
		return nil
	}
}

// defaultModTime returns the time of the entries without the option.
func defaultModTime() (time.Time, error) {
	value := os.Getenv(epochVariable)
	if value == "" {
		return time.Now().Truncate(time.Second), nil
	}
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err != nil || seconds >= maxEpoch {
		return time.Time{}, &Error{Field: epochVariable, Rule: fmt.Sprintf("must be whole seconds since 1970, from 0 to %d, such as 1705084340 (got %s); correct or unset it, or pass the option ModTime, which takes precedence", int64(maxEpoch-1), quote(value))}
	}
	return time.Unix(int64(seconds), 0), nil
}
