package terraform

import (
	"errors"

	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// refresh is the advice for a deploy of [Keep].
const refresh = "The deploy is in the state, and what depends on it continues. Run terraform plan, which reads the deploy: it plans nothing if the deploy is DEPLOYED, and otherwise another deploy in its place."

// explain returns the attribute at fault, if there is one, what happened, and what to do if the
// error does not say so. The order matters: OutcomeUnknownError and WaitError wrap the error of the
// last attempt.
func explain(err error) (attribute, summary, advice string) {
	var invalid *wrapper.ValidationError
	switch {
	case errors.Is(err, wrapper.ErrOutcomeUnknown):
		return "", "The deploy may or may not have been finalized", refresh
	case is[*wrapper.WaitError](err):
		return "", "The deploy was finalized, but did not become DEPLOYED in time", refresh
	case is[*wrapper.DeployFailedError](err):
		return "", "The deploy failed", "Apply again, which creates another deploy."
	case errors.As(err, &invalid):
		return attributes[invalid.Field], "The value of " + invalid.Field + " cannot be used", ""
	case errors.Is(err, errFolderChanged):
		return source, "The folder has changed since the plan", "Plan and apply again."
	case is[*tarball.Error](err):
		return source, "The folder cannot be packed", ""
	case errors.Is(err, wrapper.ErrUploadURLExpired):
		return "", "The upload URL has expired", "Apply again, which creates a deploy with a new URL."
	case is[*wrapper.StorageError](err):
		return "", "The storage did not accept the tarball", "Apply again once the cause is fixed, which creates a new deploy."
	case is[*wrapper.TransportError](err): // before APIError: it can wrap one
		return "", "The request got no response, or the call was ended", "Apply again once the cause is fixed."
	case errors.Is(err, wrapper.ErrHibernating): // before ErrBadRequest: it is one
		return "deployment_id", "The Deployment hibernates", "Apply again when it is awake."
	case errors.Is(err, wrapper.ErrBadRequest):
		return "", "Astro refused the request", ""
	case errors.Is(err, wrapper.ErrUnauthorized):
		return "", "The provider's token is not valid", ""
	case errors.Is(err, wrapper.ErrForbidden):
		return "", "The provider's token lacks a permission", ""
	case errors.Is(err, wrapper.ErrNotFound):
		return "", "The deploy or Deployment was not found", ""
	case errors.Is(err, wrapper.ErrRateLimited):
		return "", "The provider's token exceeded its rate limit", "Apply again with a lower -parallelism."
	case errors.Is(err, wrapper.ErrServer):
		return "", "Astro failed", "Apply again later."
	case errors.Is(err, wrapper.ErrUnexpectedResponse):
		return "", "The response does not look like one from Astro", ""
	case is[*wrapper.APIError](err):
		return "", "Astro responded with an error", ""
	}
	return "", "The deploy failed", "" // such as a *deploys.Error about your own Source
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
