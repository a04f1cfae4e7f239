package terraform

import (
	"errors"

	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// refresh is for a deploy that [Keep] keeps: Terraform marks what a failed create leaves in
// the state as tainted, and would replace it.
const refresh = "Do not recreate it, it may run already. terraform apply -refresh-only reads the deploy: if it is DEPLOYED, terraform untaint keeps it; if not, apply again, which creates another."

// explain returns the attribute at fault, if it is one, what happened, and what to do if the
// error does not say. The order matters: an outcome that is not known and a wait that ended
// have the last attempt's error underneath.
func explain(err error) (attribute, summary, advice string) {
	var invalid *wrapper.ValidationError
	switch {
	case errors.Is(err, wrapper.ErrOutcomeUnknown):
		return "", "It is not known whether the deploy was finalized", refresh
	case is[*wrapper.WaitError](err):
		return "", "The deploy was finalized, and is not known to be DEPLOYED", refresh
	case is[*wrapper.DeployFailedError](err):
		return "", "The deploy failed", "Apply again, which creates another deploy."
	case errors.As(err, &invalid):
		return attributes[invalid.Field], "The value of " + invalid.Field + " cannot be used", ""
	case is[*tarball.Error](err):
		return source, "The folder cannot be packed", ""
	case errors.Is(err, wrapper.ErrUploadURLExpired):
		return "", "The upload URL has expired", "Apply again, which creates a deploy with a new URL."
	case is[*wrapper.StorageError](err):
		return "", "The storage did not take the tarball", "Apply again once the cause is fixed, which uploads it to a new deploy."
	case is[*wrapper.TransportError](err): // before the responses, of which one may be underneath
		return "", "The service could not be reached, or the call was ended", "Apply again once the cause is mended."
	case errors.Is(err, wrapper.ErrBadRequest):
		return "", "The service refuses the request", ""
	case errors.Is(err, wrapper.ErrUnauthorized):
		return "", "The provider's token is not valid", ""
	case errors.Is(err, wrapper.ErrForbidden):
		return "", "The provider's token lacks a permission", ""
	case errors.Is(err, wrapper.ErrNotFound):
		return "", "There is no such deploy or Deployment", ""
	case errors.Is(err, wrapper.ErrRateLimited):
		return "", "Too many requests were made with the provider's token", "Apply again with a lower -parallelism."
	case errors.Is(err, wrapper.ErrServer):
		return "", "The service failed", "Apply again later."
	case errors.Is(err, wrapper.ErrUnexpectedResponse):
		return "", "Something else than the service seems to respond", ""
	case is[*wrapper.APIError](err):
		return "", "The service responded with an error", ""
	}
	return "", "The deploy did not come about", "" // such as a *deploys.Error about a Source of your own
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
