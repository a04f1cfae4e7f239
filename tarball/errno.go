package tarball

import (
	"errors"
	"slices"
)

// ruleFor returns the rule for a known cause of err, or otherwise.
func ruleFor(err error, otherwise string) string {
	if isTooManyOpen(err) {
		return "cannot be opened because too many files are open; raise the limit (ulimit -n), or pack fewer folders at once"
	}
	return otherwise
}

func isTooManyOpen(err error) bool { return isAny(err, tooManyOpen) }

func isNoRoom(err error) bool { return isAny(err, noRoom) }

// isLeased reports whether another process has a lease on the file.
func isLeased(err error) bool { return isAny(err, leased) }

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
