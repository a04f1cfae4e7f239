package astrotest

// Commits returns how many finalize requests took effect on a deploy, including those whose
// response was lost. [Server.Finalize] does not count.
func (s *Server) Commits(deployID string) int {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if deploy := s.service.deploys[deployID]; deploy != nil {
		return deploy.commits
	}
	return 0
}

// Creates returns how many CreateDeploy requests took effect on a Deployment, including those whose
// response was lost. [Server.AddDeploy] and rollbacks do not count.
func (s *Server) Creates(deploymentID string) int {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	return s.service.creates[deploymentID]
}
