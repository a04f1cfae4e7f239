package tarball

import (
	"errors"
	"slices"
)

// blame returns the rule for err if its cause is known, and otherwise if not.
func blame(err error, otherwise string) string {
	if isTooManyOpen(err) {
		return "cannot be opened, since too many files are open; raise the limit (ulimit -n), or pack fewer folders at once"
	}
	return otherwise
}

func isTooManyOpen(err error) bool { return isAny(err, tooManyOpen) }

func isNoRoom(err error) bool { return isAny(err, noRoom) }

// isLeased reports a file that another process has a lease on, and was asked to give up.
func isLeased(err error) bool { return isAny(err, leased) }

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
