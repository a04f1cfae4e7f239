package astrotest

import "time"

// WithLag has reads lag behind changes, as a service of several replicas may; see
// [Server.SetLag]. By default every read shows what is there.
func WithLag(reads int, d time.Duration) Option {
	return func(s *Server) { s.SetLag(reads, d) }
}

// SetLag has reads lag behind changes from now on. A change of a Deployment or one of its
// deploys (a finalize, a removal, a rollback, a bundle that is mounted, a description) is hidden
// from the next reads responses of GetDeploy and ListDeploys about a deploy, and from those
// within d of it by [time.Now]. They show the deploy, and the bundles of its Deployment, as both
// were before the change. Responses are counted for each deploy by itself, and what one has
// shown, no later one hides. Responses to a POST never lag, and neither does [Server.Deploy]. A
// deploy that is new can be read at once.
//
// SetLag(0, 0) has reads catch up.
func (s *Server) SetLag(reads int, d time.Duration) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	s.service.lag = lag{reads, d}
	if !s.service.lags() {
		clear(s.service.past)
		for _, deploy := range s.service.deploys {
			deploy.seen = 0
		}
	}
}

type lag struct {
	reads int
	d     time.Duration
}

func (s *service) lags() bool { return s.lag.reads > 0 || s.lag.d > 0 }

// snapshot is a Deployment and its deploys as they were before a change.
type snapshot struct {
	at         time.Time // of the change
	deployment Deployment
	deploys    map[string]storedDeploy
}

// remember keeps what reads that lag will show. It comes before each change.
func (s *service) remember(deployment *Deployment) {
	if !s.lags() {
		return
	}
	before := snapshot{at: time.Now(), deployment: copyOf(*deployment), deploys: map[string]storedDeploy{}}
	for id, deploy := range s.deploys {
		if deploy.DeploymentID == deployment.ID {
			before.deploys[id] = *deploy
		}
	}
	s.past[deployment.ID] = append(s.past[deployment.ID], before)
}

// asRead counts a read of a deploy, and returns the deploy and its Deployment as it shows them.
func (s *service) asRead(deploy *storedDeploy, deployment *Deployment) (*storedDeploy, *Deployment) {
	deploy.reads++
	for _, before := range s.past[deployment.ID][deploy.seen:] {
		was := before.deploys[deploy.ID]
		if deploy.reads-was.reads <= s.lag.reads || time.Since(before.at) < s.lag.d {
			return &was, &before.deployment
		}
		deploy.seen++
	}
	return deploy, deployment
}
