package tarball

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// epochVariable is what reproducible builds set, to seconds since 1970:
// https://reproducible-builds.org/specs/source-date-epoch/
const epochVariable = "SOURCE_DATE_EPOCH"

// maxEpoch is the first second that a tar header, with eleven octal digits, cannot hold.
const maxEpoch = 1 << 33

// ModTime sets the time of all entries, such as that of the commit, in whole seconds. Without
// it they carry the one in the environment variable SOURCE_DATE_EPOCH (whole seconds since
// 1970), which is read when packing; and if that is unset or empty, the time of packing.
//
// The time should differ from deploy to deploy, since programs go by it. Python runs the byte-code
// in __pycache__ if the source has the time and the size that it recorded. Airflow 2 goes on showing
// the code, and dbt goes on using what it parsed, of a file whose time is not later.
func ModTime(modTime time.Time) Option {
	return func(cfg *config) error {
		if seconds := modTime.Unix(); seconds < 0 || seconds >= maxEpoch {
			return &Error{Field: "ModTime", Rule: fmt.Sprintf("must be from 1970 to 2242 (it is %v)", modTime)}
		}
		cfg.modTime = modTime.Truncate(time.Second)
		return nil
	}
}

// defaultModTime is the time of a tarball without the option.
func defaultModTime() (time.Time, error) {
	value := os.Getenv(epochVariable)
	if value == "" {
		return time.Now().Truncate(time.Second), nil
	}
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err != nil || seconds >= maxEpoch {
		return time.Time{}, &Error{Field: epochVariable, Rule: fmt.Sprintf("must be whole seconds since 1970, from 0 to %d, such as 1705084340 (it is %s); correct it, unset it, or pass the option ModTime, which outranks it", int64(maxEpoch-1), quote(value))}
	}
	return time.Unix(int64(seconds), 0), nil
}
