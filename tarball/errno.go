package tarball

import (
	"errors"
	"slices"
)

// blame is what is wrong and what to do, as err has it where it is known, else otherwise.
func blame(err error, otherwise string) string {
	if isTooManyOpen(err) {
		return "cannot be opened, since too many files are open; raise the limit (ulimit -n), or pack fewer folders at once"
	}
	return otherwise
}

func isTooManyOpen(err error) bool { return isAny(err, tooManyOpen) }

func isNoRoom(err error) bool { return isAny(err, noRoom) }

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
