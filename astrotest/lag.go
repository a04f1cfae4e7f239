package astrotest

import "time"

// WithLag makes reads lag behind changes, as those of a service with several replicas may; see
// [Server.SetLag]. By default every read shows the current state.
func WithLag(reads int, d time.Duration) Option {
	return func(s *Server) { s.SetLag(reads, d) }
}

// SetLag makes reads lag behind later changes. A change of a Deployment or one of its deploys is a
// finalize, a removal, a rollback, a mounted bundle or a new description. For each deploy, the next
// reads responses of GetDeploy and ListDeploys do not show the change, nor do responses within d of
// it by [time.Now]. They show the deploy, and the bundles of its Deployment, as they were before the
// change. Responses are counted for each deploy separately. Once a response has shown a change, all
// later ones do. Responses to a POST and [Server.Deploy] never lag. A new deploy is readable at
// once.
//
// SetLag(0, 0) makes reads show the current state.
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

// snapshot is the state of a Deployment and its deploys before a change.
type snapshot struct {
	at         time.Time // of the change
	deployment Deployment
	deploys    map[string]storedDeploy
}

// remember saves the state of a Deployment for reads that lag. Call it before each change.
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

// asRead counts a read of a deploy. It returns the deploy and its Deployment in the state that the
// read shows.
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
