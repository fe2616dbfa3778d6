"""What our figures stand beside: programs that do the same work in another way, each as good as we could make it."""
