package deploys

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// DAGsToAll is [DAGs] for several Deployments. The source is packed once. The deploys run in parallel, as
// fast as the client's limiters allow: up to 64 deploys at a time are created but not yet finalized, and any
// number may be waiting to be DEPLOYED.
//
// Every Deployment is attempted, whatever happens to the others. There is one [Outcome] for each, in the
// order of to; if any failed, the error is a [*MultiError]. Invalid arguments and a source that cannot be
// packed are the errors of DAGs, without outcomes: nothing was sent.
func DAGsToAll(ctx context.Context, client Client, to []wrapper.Deployment, dags Source, options ...Option) ([]Outcome, error) {
	return toAll(ctx, client, to, planOfDAGs(dags), options)
}

// BundleToAll is [Bundle] for several Deployments; see [DAGsToAll].
func BundleToAll(ctx context.Context, client Client, to []wrapper.Deployment, at Mount, bundle Source, options ...Option) ([]Outcome, error) {
	return toAll(ctx, client, to, planOfBundle(at, bundle), options)
}

// maxUnfinished bounds how many deploys are between their creation and the end of their finalize. With ten
// POST requests a second, 64 keep the limiter busy as long as an upload takes up to some ten seconds.
const maxUnfinished = 64

func toAll(ctx context.Context, client Client, to []wrapper.Deployment, p plan, options []Option) ([]Outcome, error) {
	p.isForAll, p.outcome = true, func(Outcome) {}
	if err := p.check(ctx, client, options, to...); err != nil {
		return nil, err
	}
	if err := checkSeveral(to); err != nil {
		return nil, err
	}
	first := newDeploying(client, wrapper.Deployment{}, p)
	defer first.close()
	if _, err := first.run(ctx, first.steps()[:1]); err != nil {
		return nil, err
	}
	tarball := &readerAt{reader: first.packed}
	outcomes, unfinished := make([]Outcome, len(to)), make(chan struct{}, maxUnfinished)
	ended, panicked := make(chan int, len(to)), make(chan any, len(to))
	var workers sync.WaitGroup
	defer workers.Wait() // also after a panic of p.outcome
	for i, deployment := range to {
		one := newDeploying(client, deployment, p)
		one.inherit(first, tarball)
		outcomes[i].Deployment = deployment
		workers.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					panicked <- value
				}
				if outcomes[i].Result == nil && outcomes[i].Err == nil { // a panic, or the end of the goroutine
					outcomes[i].Err = one.failed(errNoResult)
				}
				ended <- i
			}()
			steps, leave := one.limited(unfinished)
			defer leave()
			outcomes[i].Result, outcomes[i].Err = one.run(ctx, steps)
		})
	}
	failures := &MultiError{Of: len(to)}
	for range to {
		p.outcome(outcomes[<-ended])
	}
	select {
	case value := <-panicked:
		panic(value) // in the caller's goroutine, so that its recover sees it
	default:
	}
	for _, outcome := range outcomes {
		if outcome.Err != nil {
			failures.Failed = append(failures.Failed, outcome)
		}
	}
	if len(failures.Failed) > 0 {
		return outcomes, failures
	}
	return outcomes, nil
}

// checkSeveral refuses an empty list, and two deploys to one Deployment, of which only the last would stay.
func checkSeveral(to []wrapper.Deployment) error {
	if len(to) == 0 {
		return &wrapper.ValidationError{Field: "to", Rule: "must have at least one Deployment"}
	}
	seen := map[string]bool{}
	for _, deployment := range to {
		if seen[deployment.DeploymentID] {
			return &wrapper.ValidationError{Field: "deploymentId", Value: deployment.DeploymentID, Rule: "must not be listed twice"}
		}
		seen[deployment.DeploymentID] = true
	}
	return nil
}

// inherit takes over what was packed once, with a position of its own in the tarball.
func (d *deploying) inherit(packed *deploying, tarball io.ReaderAt) {
	d.tarball = packed.tarball.Over(io.NewSectionReader(tarball, 0, packed.tarball.Size))
	to, of := &d.result, packed.result
	to.Files, to.Bytes, to.MD5, to.ContentDigest, to.Timings.Pack = of.Files, of.Bytes, of.MD5, of.ContentDigest, of.Timings.Pack
}

// limited returns the steps after packing. All but the wait need one of the places, which leave frees.
func (d *deploying) limited(places chan struct{}) (steps []step, leave func()) {
	entered := false
	leave = func() {
		if entered {
			<-places
			entered = false
		}
	}
	enter := func(ctx context.Context) error {
		select {
		case places <- struct{}{}:
			entered = true
			return nil
		case <-ctx.Done():
			return retry.ContextError(ctx)
		}
	}
	steps = d.steps()
	steps[0] = step{StageCreate, enter, new(time.Duration)} // instead of packing
	last := &steps[len(steps)-1]
	last.do = func(ctx context.Context) error {
		leave()
		return d.wait(ctx)
	}
	return steps, leave
}

// readerAt makes a reader that has one position usable by several goroutines. It is used even if the reader
// has a ReadAt: that of an embedded file would bypass a Read of its own.
type readerAt struct {
	mu     sync.Mutex
	reader io.ReadSeeker
}

func (r *readerAt) ReadAt(p []byte, offset int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.reader.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.reader, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
