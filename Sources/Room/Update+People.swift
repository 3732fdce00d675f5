import Basics
import Incidents
import Playbooks
import Safety

// Other people: who is connected, and whether they may still object.
extension Model {
    /// How long others may still object to `mitigation`; zero when the window is over or nobody
    /// who may object is connected.
    package func objectionTimeLeft(_ mitigation: Mitigation) -> Duration { .zero }
}
