"""Tables and repositories of phases: what is set up for one go-live."""
